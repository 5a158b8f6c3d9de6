import type {
  ActionsBlockElement,
  ContextActionsBlockElement,
  ImageElement,
  InputBlockElement,
  SectionBlockAccessory,
} from "@slack/types";
import type { InputElement } from "../blocks/surface.ts";
import { Json } from "../parts/Json.tsx";
import { ButtonElement } from "./ButtonElement.tsx";
import { Checkboxes } from "./Checkboxes.tsx";
import { DateField } from "./DateField.tsx";
import { FeedbackButtons } from "./FeedbackButtons.tsx";
import { FileField } from "./FileField.tsx";
import { IconAction } from "./IconAction.tsx";
import { Overflow } from "./Overflow.tsx";
import { RadioButtons } from "./RadioButtons.tsx";
import { RichTextField } from "./RichTextField.tsx";
import { Select } from "./Select.tsx";
import { SmallImage } from "./SmallImage.tsx";
import { TextField } from "./TextField.tsx";

type AnyElement =
  | ActionsBlockElement
  | ContextActionsBlockElement
  | ImageElement
  | InputBlockElement
  | SectionBlockAccessory;

interface ElementProps {
  element: AnyElement;
  blockId: string;
  imageSize?: number;
}

/** One element of a block; a kind that the page does not know is shown as its JSON. */
export function Element({ element, blockId, imageSize = 20 }: ElementProps) {
  const input = element as unknown as InputElement;
  switch (element.type) {
    case "button":
      return <ButtonElement element={element} blockId={blockId} />;
    case "checkboxes":
      return <Checkboxes element={element} blockId={blockId} />;
    case "datepicker":
    case "timepicker":
    case "datetimepicker":
      return <DateField element={input} blockId={blockId} />;
    case "feedback_buttons":
      return <FeedbackButtons element={element} blockId={blockId} />;
    case "file_input":
      return <FileField element={element} blockId={blockId} />;
    case "icon_button":
      return <IconAction element={element} blockId={blockId} />;
    case "image":
      return <SmallImage element={element} size={imageSize} />;
    case "overflow":
      return <Overflow element={element} blockId={blockId} />;
    case "radio_buttons":
      return <RadioButtons element={element} blockId={blockId} />;
    case "rich_text_input":
      return <RichTextField element={element} blockId={blockId} />;
    case "plain_text_input":
    case "email_text_input":
    case "url_text_input":
    case "number_input":
      return <TextField element={input} blockId={blockId} />;
    case "static_select":
    case "external_select":
    case "users_select":
    case "conversations_select":
    case "channels_select":
    case "multi_static_select":
    case "multi_external_select":
    case "multi_users_select":
    case "multi_conversations_select":
    case "multi_channels_select":
      return <Select element={input} blockId={blockId} />;
    default:
      return (
        <Json label={`The page cannot draw an element of type “${input.type}”. This is what came:`} value={element} />
      );
  }
}
