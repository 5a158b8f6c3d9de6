/** A file as the control API takes it. */
export interface Attachment {
  name: string;
  mimetype: string;
  base64: string;
}

export async function attached(file: File): Promise<Attachment> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { name: file.name, mimetype: file.type || "application/octet-stream", base64: encoded(bytes) };
}

const CHUNK = 0x8000; // bytes that one call takes as arguments

function encoded(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}
