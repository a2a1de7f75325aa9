import * as vscode from 'vscode';
import { toSignal } from './cancellation.vscode.ts';

/** Shows a notification with a Cancel button while work goes on; cancelling or `outer` aborts the work's signal. */
export async function withProgress<T>(
  title: string,
  outer: AbortSignal,
  work: (progress: (text: string) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (progress, token) =>
    work(
      (message) => {
        progress.report({ message });
      },
      AbortSignal.any([outer, toSignal(token)]),
    ),
  );
}
