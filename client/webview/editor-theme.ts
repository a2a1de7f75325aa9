import { type Palette, parseColour, toHex } from './theme.ts';

/** The palette of the editor's theme now, from the variables VS Code gives its webviews. */
export const editorPalette = (): Palette => {
  const background = resolved([
    '--vscode-notebook-outputContainerBackgroundColor',
    '--vscode-notebook-editorBackground',
    '--vscode-editor-background',
  ]);
  const foreground = resolved(['--vscode-editor-foreground', '--vscode-foreground']);
  return {
    background: background ?? '#ffffff',
    foreground: foreground ?? '#000000',
    contrast: wantedContrast(),
  };
};

/** ROOT's colours were chosen on white, so a light theme changes none of them. */
const wantedContrast = (): number => {
  switch (document.body.dataset['vscodeThemeKind']) {
    case 'vscode-high-contrast':
      return 7;
    case 'vscode-high-contrast-light':
      return 3;
    case 'vscode-dark':
      return 4;
    default:
      return 1;
  }
};

/** The first of the variables that is an opaque colour, as the browser computes it. */
const resolved = (variables: readonly string[]): string | undefined => {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  try {
    for (const variable of variables) {
      if (!getComputedStyle(document.documentElement).getPropertyValue(variable)) continue;
      probe.style.color = `var(${variable})`;
      const rgb = parseColour(getComputedStyle(probe).color);
      if (rgb) return toHex(rgb);
    }
    return undefined;
  } finally {
    probe.remove();
  }
};

/** Calls `changed` after the editor's theme changed, once for the many marks VS Code changes together. */
export const watchEditorTheme = (changed: () => void): void => {
  let isPlanned = false;
  const observer = new MutationObserver(() => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      changed();
    });
  });
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ['class', 'data-vscode-theme-kind', 'data-vscode-theme-id'],
  });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
};
