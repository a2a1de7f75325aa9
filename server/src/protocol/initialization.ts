import { z } from 'zod';

/** What the server is started with: `initializationOptions` of the protocol. */
export const InitializationOptions = z.object({
  /** `root.exe` of the ROOT that will run the cells. */
  rootExecutable: z.string(),
  /** The environment that ROOT needs; absent: that of the server. */
  environment: z.record(z.string(), z.string()).optional(),
});
export type InitializationOptions = z.infer<typeof InitializationOptions>;
