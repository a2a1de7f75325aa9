import * as vscode from 'vscode';
import { z } from 'zod';
import type { Scope } from '../base/scope.ts';
import { report, type ShownLog } from '../platform/commands.vscode.ts';

/** What the renderer of plots asks for; its side is `client/webview/messages.ts`. */
const ExportMessage = z.object({
  type: z.literal('export'),
  format: z.enum(['png', 'svg', 'json']),
  name: z.string().regex(/^[\w-]+\.\w+$/),
  encoding: z.enum(['base64', 'text']),
  data: z.string(),
});
type ExportMessage = z.infer<typeof ExportMessage>;

const Manifest = z.object({
  contributes: z.object({ notebookRenderer: z.array(z.object({ id: z.string() })).default([]) }),
});

const formats = { png: 'PNG Image', svg: 'SVG Image', json: 'ROOT JSON' } as const;

/** Saves plots that the user exports from an output. */
export function registerExports(scope: Scope, log: ShownLog, manifest: unknown): void {
  for (const { id } of Manifest.parse(manifest).contributes.notebookRenderer) {
    const messaging = vscode.notebooks.createRendererMessaging(id);
    scope.own(
      messaging.onDidReceiveMessage(({ editor, message }) => {
        const parsed = ExportMessage.safeParse(message);
        if (!parsed.success) return;
        save(editor.notebook.uri, parsed.data).catch((caught: unknown) =>
          report('Exporting a plot', caught, log),
        );
      }),
    );
  }
}

async function save(notebook: vscode.Uri, { format, name, encoding, data }: ExportMessage): Promise<void> {
  const folder =
    notebook.scheme === 'untitled'
      ? vscode.workspace.workspaceFolders?.[0]?.uri
      : vscode.Uri.joinPath(notebook, '..');
  const target = await vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: { [formats[format]]: [format] },
    title: 'Export Plot',
    saveLabel: 'Export',
  });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, Buffer.from(data, encoding === 'base64' ? 'base64' : 'utf8'));
  const open = 'Open';
  const shown = vscode.workspace.asRelativePath(target);
  if ((await vscode.window.showInformationMessage(`Exported ${shown}.`, open)) === open) {
    await vscode.commands.executeCommand('vscode.open', target);
  }
}
