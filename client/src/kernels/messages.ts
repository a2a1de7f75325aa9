import { z } from 'zod';

const Channel = z.enum(['shell', 'iopub', 'stdin', 'control']);

/**
 * A Jupyter message without what only a wire needs: signature, session and user name are added and removed by the
 * transport that knows them.
 *
 * Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html#general-message-format
 */
export const KernelMessage = z.object({
  channel: Channel,
  type: z.string(),
  id: z.string(),
  /** Id of the request that this message answers or belongs to; absent when it belongs to none. */
  parentId: z.string().optional(),
  /** When the kernel side said it, in milliseconds since the epoch; Jupyter's `date`. */
  at: z.number().optional(),
  content: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()).optional(),
  /** Binary attachments (widgets), base64 each. */
  buffers: z.array(z.string()).optional(),
});
export type KernelMessage = z.infer<typeof KernelMessage>;

/** Mime type to value: text as a string (binary types base64), JSON types as they are. */
export const MimeBundle = z.record(z.string(), z.unknown());
export type MimeBundle = z.infer<typeof MimeBundle>;
