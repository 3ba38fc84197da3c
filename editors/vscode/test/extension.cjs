// The extension as it is packaged, in an editor that a script plays, with the real server: what happened, as JSON.

const { readFileSync } = require("node:fs");
const Module = require("node:module");
const fake = require("./vscode.cjs");

const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? fake.vscode : load(name, ...rest));
const extension = require("../dist/extension.js");

const { command, uri, text, broken, changed } = JSON.parse(readFileSync(0, "utf8"));

async function until(holds, what) {
  for (const end = Date.now() + 90_000; Date.now() < end; await new Promise((done) => setTimeout(done, 20))) {
    const found = holds();
    if (found) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

const token = new fake.vscode.CancellationTokenSource().token;

async function main() {
  fake.settings["archdsl.server.command"] = command;
  await extension.activate({ subscriptions: [] });
  const document = new fake.Document(fake.Uri.parse(uri), broken);
  const editor = { document, selection: { active: new fake.Position(0, 0) }, viewColumn: 1 };
  fake.edit(editor);
  fake.documents.push(document);
  fake.emitter("onDidOpenTextDocument").fire(document);
  const first = await until(() => fake.diagnostics.get(uri)?.length && fake.diagnostics.get(uri), "the mistake");

  const type = (next) => {
    const range = new fake.vscode.Range(0, 0, document.lineCount, 0);
    const change = { range, rangeLength: document.text.length, rangeOffset: 0, text: next };
    document.text = next;
    document.version += 1;
    fake.emitter("onDidChangeTextDocument").fire({ document, contentChanges: [change], reason: undefined });
  };
  type(text);
  await until(() => fake.diagnostics.get(uri)?.length === 0, "no mistake");

  const place = text.split("\n")[1].indexOf("conv");
  const hover = await fake.providers.get("registerHoverProvider").provideHover(document, new fake.Position(1, place + 1), token);
  const completions = await fake.providers.get("registerCompletionItemProvider").provideCompletionItems(document, new fake.Position(1, place + 2), token, { triggerKind: 0 });

  const lenses = await fake.providers.get("registerCodeLensProvider").provideCodeLenses(document, token);
  const opening = lenses.map(({ command }) => command).find((each) => each.command === "archdsl.openDiagram");
  await fake.commands.get(opening.command)(...opening.arguments);
  const panel = await until(() => fake.panel()?.webview.html && fake.panel(), "the page");
  panel.receive({ kind: "ready" });
  const models = () => panel.posted.filter(({ kind }) => kind === "model");
  await until(() => models().length, "the first model");
  const seen = models().length;
  type(changed);
  await until(() => models().length > seen, "the model after typing");

  editor.selection.active = new fake.Position(1, place + 1);
  fake.emitter("onDidChangeTextEditorSelection").fire({ textEditor: editor });
  const places = panel.posted.filter(({ kind }) => kind === "place");
  const item = models().at(-1).data.items.find(({ path, file }) => path === "stem.conv" && file.startsWith("std/"));
  panel.receive({ kind: "place", file: item.file, place: item.place });
  const told = await until(() => fake.shown.at(-1), "the text of the box");

  type(broken);
  const problems = await until(() => panel.posted.findLast(({ kind }) => kind === "problems"), "the problems");
  await extension.deactivate();
  fake.settings["archdsl.server.command"] = ["no-such-program-of-archdsl"];
  await fake.commands.get("archdsl.restart")().catch(() => undefined);
  process.stdout.write(JSON.stringify({
    first: first.map(({ values }) => values), hover, completions: completions.values[0].map((each) => each.values[0]),
    lenses: lenses.map(({ command }) => command.title), page: panel.webview.html.slice(0, 15), names: models().map(({ data }) => data.items.map(({ call }) => call)), place: places.at(-1), told, complaint: fake.shown.at(-1), theme: panel.posted[0], problems,
  }));
  process.exit(0);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
