declare module 'jsroot/core' {
  /** Resolves references and packed arrays of TBufferJSON. */
  export function parse(json: unknown): unknown;
}
