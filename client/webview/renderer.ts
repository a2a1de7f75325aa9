import type { ActivationFunction, OutputItem, RendererApi } from 'vscode-notebook-renderer';
import { readCanvasHtml } from './jupyroot-html.ts';
import { createPlots } from './plots.ts';

/** The part of VS Code's built-in renderer that this one relies on. It is experimental, so each use asks whether it is there. */
interface HtmlRenderer extends RendererApi {
  experimental_registerHtmlRenderingHook?: (hook: HtmlHook) => unknown;
}

interface HtmlHook {
  /** Called before the element is put into the document and before its scripts run; what is returned replaces it. */
  postRender(item: OutputItem, element: HTMLElement, signal: AbortSignal): Promise<HTMLElement | undefined>;
}

export const activate: ActivationFunction = async (context) => {
  const builtin: HtmlRenderer | undefined = await context.getRenderer('vscode.builtin-renderer');
  if (!builtin?.experimental_registerHtmlRenderingHook) {
    // eslint-disable-next-line no-console -- the only log of a webview
    console.warn(
      'ROOTbook: this editor has no hook for html output; plots of ROOT are shown by their own script.',
    );
    return undefined;
  }
  const plots = createPlots(context.postMessage?.bind(context));
  builtin.experimental_registerHtmlRenderingHook({
    postRender: (item) => {
      const saved = readCanvasHtml(item.text());
      const element = saved && plots.show(item.id, saved);
      element?.classList.toggle('rootbook-undone', isUndone(item.metadata));
      return Promise.resolve(element);
    },
  });
  return undefined;
};

/** Whether the session went back to before the cell. */
function isUndone(metadata: unknown): boolean {
  return JSON.stringify(metadata ?? null).includes('"undone":true');
}
