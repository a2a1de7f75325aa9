import * as vscode from 'vscode';
import { parseSettings, type Settings } from './settings.ts';

/** The settings that hold for a file, or for the window. */
export function readSettings(scope?: vscode.Uri): Settings {
  const configuration = vscode.workspace.getConfiguration(undefined, scope ?? null);
  return parseSettings((key) => configuration.get<unknown>(key));
}
