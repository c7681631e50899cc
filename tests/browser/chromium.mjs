// The browser that the tests run in: the one that CHROMIUM names, else one of this machine, else the packaged one.

import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const MODULES = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ON_A_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** Starts a headless browser. */
export async function launch() {
  const { executablePath, env } = await find();
  const start = (chromiumSandbox) => chromium.launch({ executablePath, env: { ...process.env, ...env }, chromiumSandbox });
  // Root can't use Chromium's sandbox. Nor can anyone where the system forbids it (containers, some CI machines);
  // what runs in there is this project's own page.
  if (process.getuid?.() === 0) return start(false);
  return start(true).catch((error) => {
    if (!/sandbox/i.test(String(error))) throw error;
    return start(false);
  });
}

async function find() {
  const installed = process.env.CHROMIUM || onThePath() || (existsSync(ON_A_MAC) ? ON_A_MAC : undefined);
  if (installed) return { executablePath: installed, env: {} };
  if (process.platform === "linux" && process.arch === "x64") return packaged();
  throw new Error("No browser was found, and none is packaged for this machine: install Chromium, or name one in CHROMIUM.");
}

function onThePath() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** The Chromium that @sparticuz/chromium packs for Lambda, unpacked beside it once, with the libraries and fonts that it needs. */
async function packaged() {
  const folder = join(MODULES, ".chromium");
  if (!existsSync(folder)) await unpackTo(folder);
  return {
    executablePath: join(folder, "chromium"),
    env: {
      // After the caller's: these libraries are only for a machine that has none.
      LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, join(folder, "al2023", "lib")].filter(Boolean).join(delimiter),
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
    },
  };
}

async function unpackTo(folder) {
  const { inflate } = await import("@sparticuz/chromium");
  const bin = join(MODULES, "@sparticuz", "chromium", "bin");
  const partial = mkdtempSync(`${folder}-`);
  const before = process.env.TMPDIR;
  // The package unpacks to the system's temporary directory, which other programs write to.
  process.env.TMPDIR = partial;
  try {
    const archives = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"];
    await Promise.all(archives.map((name) => inflate(join(bin, name))));
    writeFileSync(join(partial, "fonts.conf"), fontsOf(folder));
    // All of it or nothing, also when two runs begin at once.
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/** The system's fonts, if there are any, and the packaged ones. */
function fontsOf(folder) {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
}
