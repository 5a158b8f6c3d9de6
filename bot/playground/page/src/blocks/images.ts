import { fileAddress } from "../slack/control.ts";

interface ImageSource {
  image_url?: string;
  slack_file?: { id?: string; url?: string };
}

const FILE_ID = /\/files-pri\/([^/]+)/;

/** Where the bytes of an image are; Slack's own files come from the local Slack. */
export function imageAddress({ image_url, slack_file }: ImageSource): string {
  const id = slack_file?.id ?? FILE_ID.exec(slack_file?.url ?? "")?.[1];
  return id ? fileAddress(id) : (image_url ?? "");
}
