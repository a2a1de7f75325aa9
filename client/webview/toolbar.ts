/** What the buttons of a plot do; `text` and `white` are switches and say whether they are on now. */
export interface Actions {
  copy(): Promise<unknown>;
  png(): Promise<unknown>;
  svg(): Promise<unknown>;
  json(): Promise<unknown>;
  unzoom(): Promise<unknown>;
  text(): Promise<boolean>;
  white(): Promise<boolean>;
}

type Name = keyof Actions;

interface Button {
  readonly name: Name;
  readonly label: string;
  /** Strokes in a 16 x 16 box, or a word where no drawing says it. */
  readonly icon: { readonly path: string } | { readonly word: string };
  readonly isSwitch?: boolean;
}

const buttons: readonly Button[] = [
  { name: 'copy', label: 'Copy image', icon: { path: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z' } },
  { name: 'png', label: 'Save as PNG', icon: { word: 'PNG' } },
  { name: 'svg', label: 'Save as SVG', icon: { word: 'SVG' } },
  { name: 'json', label: 'Save as ROOT JSON', icon: { word: 'JSON' } },
  {
    name: 'unzoom',
    label: 'Reset zoom',
    icon: { path: 'M2.5 6v-3.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10M5.5 5.5h5v5h-5z' },
  },
  {
    name: 'white',
    label: 'Colours as ROOT draws them (white)',
    icon: { path: 'M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12zM8 3.2a4.8 4.8 0 0 1 0 9.6z' },
    isSwitch: true,
  },
  {
    name: 'text',
    label: 'Show as text',
    icon: { path: 'M2.5 3.5h11M2.5 6.5h11M2.5 9.5h11M2.5 12.5h7' },
    isSwitch: true,
  },
];

/** Shown while the plot is hovered or focused. One stop of the Tab key; arrow keys move inside. */
export const createToolbar = (actions: Actions): HTMLElement => {
  const toolbar = document.createElement('div');
  toolbar.className = 'rootbook-toolbar';
  toolbar.setAttribute('role', 'toolbar');
  toolbar.setAttribute('aria-label', 'Plot');
  toolbar.append(...buttons.map((button, index) => createButton(button, index === 0, actions)));
  toolbar.addEventListener('keydown', (event) => {
    const all = [...toolbar.querySelectorAll('button')];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const focused = all.findIndex((button) => button === document.activeElement);
    if (step === undefined || focused < 0) return;
    const next = all[(focused + step + all.length) % all.length];
    for (const button of all) button.tabIndex = button === next ? 0 : -1;
    next?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
  return toolbar;
};

const createButton = (
  { name, label, icon, isSwitch }: Button,
  isFirst: boolean,
  actions: Actions,
): HTMLElement => {
  const button = document.createElement('button');
  button.type = 'button';
  button.tabIndex = isFirst ? 0 : -1;
  button.title = label;
  button.dataset['action'] = name;
  button.setAttribute('aria-label', label);
  if (isSwitch) button.setAttribute('aria-pressed', 'false');
  if ('word' in icon) button.textContent = icon.word;
  else button.append(drawn(icon.path));
  button.addEventListener('click', () => {
    void run(button, label, () => actions[name]());
  });
  return button;
};

/** Says on the button itself how it went. */
const run = async (button: HTMLElement, label: string, action: () => Promise<unknown>): Promise<void> => {
  try {
    const state = await action();
    if (button.hasAttribute('aria-pressed')) button.setAttribute('aria-pressed', String(state));
    button.title = label;
    button.dataset['outcome'] = 'done';
  } catch (error) {
    button.title = `${label}: ${error instanceof Error ? error.message : String(error)}`;
    button.dataset['outcome'] = 'failed';
  }
};

const drawn = (path: string): SVGElement => {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const stroke = document.createElementNS(namespace, 'path');
  stroke.setAttribute('d', path);
  svg.append(stroke);
  return svg;
};
