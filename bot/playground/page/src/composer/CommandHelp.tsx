import { useManifest } from "../manifest/manifest.ts";
import { BUILT_IN } from "./builtin.ts";
import { flagsOf, hintParts } from "./complete.ts";

interface CommandHelpProps {
  text: string;
  onAdd: (flag: string) => void;
}

/** What the command that is being typed takes, from the manifest; a click adds a flag. */
export function CommandHelp({ text, onAdd }: CommandHelpProps) {
  const commands = useManifest((manifest) => manifest.commands);
  const command = [...commands, ...BUILT_IN].find((one) => text.startsWith(`${one.command} `));
  if (!command?.usage_hint) return null;
  return (
    <div className="command-help" role="note">
      <strong>{command.command}</strong>
      {hintParts(command.usage_hint).map(({ words, isOptional }) => {
        const flags = flagsOf(words);
        const isGiven = flags.some(({ flag }) => text.includes(flag));
        if (!isOptional || flags.length === 0) return <span key={words}>{words}</span>;
        return (
          <button
            key={words}
            type="button"
            className={`command-flag ${isGiven ? "is-given" : ""}`}
            onClick={() => flags[0] && onAdd(flags[0].flag)}
          >
            {words}
          </button>
        );
      })}
    </div>
  );
}
