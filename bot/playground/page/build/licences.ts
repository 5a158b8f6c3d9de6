import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

interface Package {
  name: string;
  version: string;
  license: string;
  text: string;
}

/** Writes LICENSES.txt: every package that has something in the build, with the words of its licence. */
export function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const roots = new Set([...this.getModuleIds()].map(packageRoot).filter((root) => root !== null));
      const packages = [...roots].map(read).sort((one, other) => one.name.localeCompare(other.name));
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: packages.map(entry).join("\n") });
    },
  };
}

/** The folder in node_modules that a module belongs to. */
function packageRoot(id: string): string | null {
  const path = id.replaceAll("\0", "").split("?")[0] ?? "";
  const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path);
  return found && existsSync(join(found[0], "package.json")) ? found[0] : null;
}

function read(root: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Package;
  const file = readdirSync(root).find((one) => /^licen[cs]e/i.test(one));
  if (!license) throw new Error(`${name} names no licence (${dirname(root)})`);
  return { name, version, license, text: file ? readFileSync(join(root, file), "utf8") : "" };
}

function entry({ name, version, license, text }: Package): string {
  return `${"=".repeat(80)}\n${name} ${version} (${license})\n${"=".repeat(80)}\n\n${text.trim()}\n`;
}
