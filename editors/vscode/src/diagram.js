// The diagram beside the text: a panel with the page of `archdsl view`, which follows typing, and the places that both choose.

const PAUSE = 150; // milliseconds without typing, after which the diagram follows
const VIEW = "archdsl.diagram";

/** The panel. `vscode` is the editor, `ask(method, params)` the language server. */
class Diagram {
  #vscode;
  #ask;
  #panel = null;
  #listeners = [];
  #document = null;
  #models = new Map(); // chosen ones, by the address of their file
  #shown = null; // what the server answered last
  #files = new Map(); // addresses of files, by the names that the page has for them
  #asked = 0;
  #timer = null;
  #isReady = false;

  constructor(vscode, ask) {
    this.#vscode = vscode;
    this.#ask = ask;
  }

  get isOpen() {
    return this.#panel !== null;
  }

  /** The models that the document of the panel has. */
  get models() {
    return this.#shown?.models ?? [];
  }

  /** Shows a model of a document, or the one that was shown last, or its first. */
  async open(document, model) {
    if (model) this.#models.set(document.uri.toString(), model);
    this.#document = document;
    if (this.#panel) {
      this.#panel.reveal(undefined, true);
      return this.refresh();
    }
    await this.#create();
  }

  async choose(model) {
    if (this.#document) await this.open(this.#document, model);
  }

  async #create() {
    const { window, workspace, commands, ViewColumn } = this.#vscode;
    const looks = { enableScripts: true, retainContextWhenHidden: true, localResourceRoots: [] };
    this.#isReady = false;
    this.#panel = window.createWebviewPanel(VIEW, "Diagram", { viewColumn: ViewColumn.Beside, preserveFocus: true }, looks);
    this.#listeners = [
      this.#panel.onDidDispose(() => this.#close()),
      this.#panel.webview.onDidReceiveMessage((message) => this.#receive(message)),
      workspace.onDidChangeTextDocument(({ document }) => this.#isPart(document) && this.#soon()),
      window.onDidChangeTextEditorSelection(({ textEditor }) => this.#point(textEditor)),
      window.onDidChangeActiveTextEditor((editor) => this.#follow(editor)),
      window.onDidChangeActiveColorTheme(() => this.#theme()),
    ];
    commands.executeCommand("setContext", "archdsl.diagramIsOpen", true);
    this.#panel.webview.html = (await this.#ask("archdsl/page", {})).html;
  }

  #close() {
    this.#listeners.forEach((listener) => listener.dispose());
    clearTimeout(this.#timer);
    this.#panel = this.#document = this.#shown = null;
    this.#asked += 1; // what is on its way is for nobody
    this.#vscode.commands.executeCommand("setContext", "archdsl.diagramIsOpen", false);
  }

  dispose() {
    this.#panel?.dispose();
  }

  // --- from the text to the page ---

  #isPart(document) {
    const address = document.uri.toString();
    return address === this.#document?.uri.toString() || [...this.#files.values()].includes(address);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), PAUSE);
  }

  /** Asks for the model as the texts are now, and shows it unless something newer was asked for meanwhile. */
  async refresh() {
    if (!this.#panel || !this.#isReady) return;
    clearTimeout(this.#timer);
    const uri = this.#document.uri.toString();
    const number = (this.#asked += 1);
    const found = await this.#ask("archdsl/diagram", { textDocument: { uri }, model: this.#models.get(uri) ?? null });
    if (number !== this.#asked) return;
    this.#shown = found;
    if (found.page) {
      this.#files = new Map(Object.entries(found.files).map(([name, address]) => [name, this.#vscode.Uri.parse(address).toString()]));
      this.#panel.title = `${found.model} — diagram`;
      this.#send("model", found.page);
      const editor = this.#vscode.window.activeTextEditor;
      if (editor) this.#point(editor);
    }
    if (found.problems) this.#send("problems", found.problems);
  }

  #send(kind, data) {
    this.#panel?.webview.postMessage({ kind, data });
  }

  #point({ document, selection }) {
    const address = document.uri.toString();
    const file = [...this.#files].find(([, known]) => known === address)?.[0];
    if (file) this.#send("place", { file, line: selection.active.line + 1, column: selection.active.character });
  }

  /** Shows another document once its editor is the active one, unless the model shown is made of it, too. */
  #follow(editor) {
    if (editor?.document.languageId !== "arch" || this.#isPart(editor.document)) return;
    this.#document = editor.document;
    this.refresh();
  }

  #theme() {
    const { window, ColorThemeKind } = this.#vscode;
    const dark = [ColorThemeKind.Dark, ColorThemeKind.HighContrast].includes(window.activeColorTheme.kind);
    this.#send("theme", dark ? "dark" : "light");
  }

  // --- from the page to the text ---

  #receive(message) {
    if (message.kind === "ready") {
      this.#isReady = true;
      this.#theme();
      return this.refresh();
    }
    if (message.kind === "place") return this.#show(message);
  }

  async #show({ file, place: [line, column, lastLine, lastColumn] }) {
    const { Range, Uri, ViewColumn, window, workspace } = this.#vscode;
    const address = this.#files.get(file);
    if (!address) return;
    const document = await workspace.openTextDocument(Uri.parse(address));
    const beside = window.visibleTextEditors.find((editor) => editor.document.languageId === "arch");
    const selection = new Range(line - 1, column, lastLine - 1, lastColumn);
    await window.showTextDocument(document, { selection, preserveFocus: true, preview: true, viewColumn: beside?.viewColumn ?? ViewColumn.One });
  }
}

module.exports = { Diagram };
