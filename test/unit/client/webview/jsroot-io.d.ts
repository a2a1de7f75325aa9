declare module 'jsroot/io' {
  /** JSROOT's own way to unpack what TBufferJSON::zipJSON made. */
  export function unzipJSON(length: number, base64: string): Promise<string>;
}
