import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const id = 'rootbook.rootbook';

describe('the extension in the real extension host', () => {
  it('is loaded from this repository', () => {
    assert.ok(vscode.extensions.getExtension(id));
  });

  it('registers every command that its manifest promises', async () => {
    const extension = vscode.extensions.getExtension(id);
    await extension?.activate();
    const known = new Set(await vscode.commands.getCommands(true));
    const manifest = extension?.packageJSON as { contributes: { commands: { command: string }[] } };
    const missing = manifest.contributes.commands
      .map(({ command }) => command)
      .filter((name) => !known.has(name));
    assert.deepEqual(missing, []);
  });
});
