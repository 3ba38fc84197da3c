// What VS Code starts: the client of the language server, and the commands.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { Diagram } = require("./diagram.js");

const BUNDLED = "archdsl"; // the scheme of files that come with the server

let starting; // the client, once its server answers; it starts the server anew when that ends by itself

async function activate(context) {
  const diagram = new Diagram(vscode, async (method, params) => (await started()).sendRequest(method, params));
  const texts = { provideTextDocumentContent: async (uri) => (await started()).sendRequest("archdsl/text", { uri: uri.toString() }) };
  context.subscriptions.push(
    diagram,
    vscode.workspace.registerTextDocumentContentProvider(BUNDLED, texts),
    vscode.commands.registerCommand("archdsl.openDiagram", (uri, model) => openDiagram(diagram, uri, model)),
    vscode.commands.registerCommand("archdsl.chooseModel", () => chooseModel(diagram)),
    vscode.commands.registerCommand("archdsl.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("archdsl.server") && restart()),
  );
  await started();
}

function started() {
  starting ??= start().catch((error) => {
    starting = undefined; // the next question tries again
    throw error;
  });
  return starting;
}

/** A client with its server; an error says how to get one. */
async function start() {
  const [command, ...args] = vscode.workspace.getConfiguration("archdsl").get("server.command");
  const client = new LanguageClient("archdsl", "archdsl", { command, args }, {
    documentSelector: [{ language: "arch" }],
    initializationOptions: { virtualDocuments: true },
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.arch") },
  });
  try {
    await client.start();
    return client;
  } catch (error) {
    const settings = "Open Settings";
    const words = `The archdsl language server (${[command, ...args].join(" ")}) did not start: ${error.message ?? error}. It comes with \`pip install archdsl\`.`;
    vscode.window.showErrorMessage(words, settings).then((chosen) => {
      if (chosen === settings) vscode.commands.executeCommand("workbench.action.openSettings", "archdsl.server.command");
    });
    throw error;
  }
}

async function stop() {
  const client = await starting?.catch(() => undefined); // one that never started has nothing to stop
  starting = undefined;
  await client?.stop();
}

async function restart() {
  await stop();
  await started();
}

/** Of a code lens with the file and the model, or of the command for the file in front. */
async function openDiagram(diagram, uri, model) {
  const file = typeof uri === "string" ? vscode.Uri.parse(uri) : uri;
  const document = file ? await vscode.workspace.openTextDocument(file) : vscode.window.activeTextEditor?.document;
  if (document?.languageId === "arch") await diagram.open(document, typeof model === "string" ? model : undefined);
}

async function chooseModel(diagram) {
  const model = await vscode.window.showQuickPick(diagram.models, { placeHolder: "The model that the diagram shows" });
  if (model) await diagram.choose(model);
}

module.exports = { activate, deactivate: stop };
