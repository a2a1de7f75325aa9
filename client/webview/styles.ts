const css = `
.rootbook-plot { position: relative; max-width: 100%; }
.rootbook-drawing { position: relative; max-width: 100%; overflow: hidden; outline-offset: -1px; }
.rootbook-drawing:focus-visible { outline: 1px solid var(--vscode-focusBorder); }
.rootbook-drawing svg { display: block; fill: currentColor; }
.rootbook-layer { position: absolute; inset: 0; }
.rootbook-layer + .rootbook-layer { visibility: hidden; }
.rootbook-toolbar { position: absolute; z-index: 5; top: 2px; left: 2px; display: flex; gap: 2px; padding: 2px;
  border-radius: 5px; border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  background: var(--vscode-editorWidget-background); color: var(--vscode-editorWidget-foreground, var(--vscode-foreground));
  box-shadow: 0 0 4px var(--vscode-widget-shadow, transparent); opacity: 0; pointer-events: none; }
.rootbook-plot:hover > .rootbook-toolbar, .rootbook-plot:focus-within > .rootbook-toolbar { opacity: 1; pointer-events: auto; }
.rootbook-toolbar button { display: inline-flex; align-items: center; height: 22px; min-width: 22px; padding: 2px 4px; cursor: pointer;
  justify-content: center; border: 1px solid transparent; border-radius: 5px; background: none; color: inherit;
  font: 600 10px var(--vscode-font-family, sans-serif); }
.rootbook-toolbar button:hover { background: var(--vscode-toolbar-hoverBackground); outline: 1px dashed var(--vscode-contrastActiveBorder, transparent); outline-offset: -1px; }
.rootbook-toolbar button[aria-pressed=true] { background: var(--vscode-inputOption-activeBackground); color: var(--vscode-inputOption-activeForeground, inherit);
  border-color: var(--vscode-inputOption-activeBorder, transparent); }
.rootbook-toolbar button:focus-visible { outline: 1px solid var(--vscode-focusBorder); }
.rootbook-toolbar button[data-outcome=failed] { color: var(--vscode-errorForeground); }
.rootbook-toolbar svg { width: 14px; height: 14px; fill: none; stroke: currentColor; stroke-width: 1.2; }
.rootbook-toolbar [data-action=white] svg { fill: currentColor; fill-rule: evenodd; stroke: none; }
.rootbook-undone { opacity: .45; }
.rootbook-text { overflow-x: auto; padding: 6px 0; }
.rootbook-text table { border-collapse: collapse; }
.rootbook-text caption { text-align: left; padding: 2px 0 4px; }
.rootbook-text th, .rootbook-text td { text-align: left; vertical-align: top; padding: 2px 10px 2px 0; }
.rootbook-text dl { display: grid; grid-template-columns: auto 1fr; gap: 0 10px; margin: 0; }
.rootbook-text dt { opacity: .8; } .rootbook-text dd { margin: 0; }
.rootbook-message { margin: 0; padding: 6px 8px; border-left: 3px solid var(--vscode-editorWarning-foreground, currentColor); }
`;

/** JSROOT puts its menus and dialogs straight into the page, in its own light colours. */
const menus = `
.jsroot_ctxt_container { background-color: var(--vscode-menu-background) !important; color: var(--vscode-menu-foreground) !important;
  border: 1px solid var(--vscode-menu-border, var(--vscode-widget-border, transparent)) !important; border-radius: 5px;
  font: 13px/15px var(--vscode-font-family, sans-serif) !important; box-shadow: 0 2px 8px var(--vscode-widget-shadow) !important; }
.jsroot_ctxt_container div, .jsroot_ctxt_container span { color: inherit !important; }
.jsroot_ctxt_container > div[style*=bold] { background-color: transparent !important; border-bottom: 1px solid var(--vscode-menu-separatorBackground) !important; }
.jsroot_ctxt_container hr { border-color: var(--vscode-menu-separatorBackground) !important; }
.rootbook-drawing .objects_hints rect { fill: var(--vscode-editorHoverWidget-background, #fff) !important;
  stroke: var(--vscode-editorHoverWidget-border, #888); }
.rootbook-drawing .objects_hints text { fill: var(--vscode-editorHoverWidget-foreground, #000) !important; }
.jsroot_ctxt_container .jsroot_ctxt_focus { background-color: var(--vscode-menu-selectionBackground) !important;
  color: var(--vscode-menu-selectionForeground) !important; }
.jsroot_dialog > div { background-color: var(--vscode-editorWidget-background) !important; color: var(--vscode-editorWidget-foreground, var(--vscode-foreground));
  border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent)) !important; border-radius: 5px; }
.jsroot_dialog_block { background-color: transparent !important; }
`;

export const addStyles = (): void => {
  const style = document.createElement('style');
  style.textContent = css + menus;
  document.head.append(style);
};
