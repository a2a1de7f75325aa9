import { watchEditorTheme } from './editor-theme.ts';
import type { SavedCanvas } from './jupyroot-html.ts';
import { Plot } from './plot.ts';
import { addStyles } from './styles.ts';

export interface Plots {
  /** The element that shows the plot of output `id`; the same one as before when the output is updated. */
  show(id: string, saved: SavedCanvas): HTMLElement;
}

/** All plots of one notebook. `post` sends a message to the extension, where the editor offers that. */
export const createPlots = (post: ((message: unknown) => void) | undefined): Plots => {
  const plots = new Map<string, Plot>();
  const forgetRemoved = (except?: string): void => {
    for (const [id, plot] of plots) {
      if (id !== except && plot.wasRemoved) {
        plot.close();
        plots.delete(id);
      }
    }
  };
  addStyles();
  watchEditorTheme(() => {
    forgetRemoved();
    for (const plot of plots.values()) plot.retheme();
  });
  return {
    show(id, saved) {
      // An output that is updated was taken out of the page just before, and comes back.
      forgetRemoved(id);
      const plot = plots.get(id) ?? new Plot(post);
      plots.set(id, plot);
      plot.show(saved);
      return plot.element;
    },
  };
};
