import type { Description } from './describe.ts';

/** The description as a table; all text of the notebook goes in as text. */
export const descriptionTable = (description: Description): HTMLElement => {
  const table = document.createElement('table');
  const caption = table.createCaption();
  caption.textContent = description.summary;
  const head = table.createTHead().insertRow();
  for (const title of ['Class', 'Name', 'Title', 'Facts']) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = title;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const part of description.parts) {
    const row = body.insertRow();
    for (const value of [part.kind, part.name, part.title]) row.insertCell().textContent = value;
    const facts = document.createElement('dl');
    for (const [label, value] of part.facts) {
      const term = document.createElement('dt');
      const definition = document.createElement('dd');
      term.textContent = label;
      definition.textContent = value;
      facts.append(term, definition);
    }
    row.insertCell().append(facts);
  }
  return table;
};
