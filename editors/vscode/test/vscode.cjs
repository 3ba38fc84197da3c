// As much of VS Code as the extension and its client library need: events that a test fires, providers that it asks.

const listeners = new Map(); // by the event's name
const providers = new Map(); // by what registered them: registerHoverProvider …
const commands = new Map();
const documents = [];
const shown = []; // what was asked of the window: messages, documents with their selections
let panel = null;
let activeTextEditor;

class Disposable {
  constructor(dispose = () => undefined) { this.dispose = dispose; }
  static from(...all) { return new Disposable(() => all.forEach((each) => each.dispose())); }
}

class EventEmitter {
  #all = new Set();
  event = (listener, self) => {
    const bound = self ? listener.bind(self) : listener;
    this.#all.add(bound);
    return new Disposable(() => this.#all.delete(bound));
  };
  fire(value) { for (const each of [...this.#all]) each(value); }
  dispose() { this.#all.clear(); }
}

function emitter(name) {
  if (!listeners.has(name)) listeners.set(name, new EventEmitter());
  return listeners.get(name);
}

class Position {
  constructor(line, character) { Object.assign(this, { line, character }); }
}

class Range {
  constructor(a, b, c, d) {
    [this.start, this.end] = typeof a === "number" ? [new Position(a, b), new Position(c, d)] : [a, b];
  }
}

class Uri {
  constructor(text) { this.text = text; this.scheme = text.split(":")[0]; this.fsPath = this.path = decodeURIComponent(new URL(text).pathname); }
  static parse(text) { return new Uri(text); }
  static file(path) { return new Uri(`file://${path}`); }
  toString() { return this.text; }
}

class Document {
  constructor(uri, text) { Object.assign(this, { uri, text, version: 1, languageId: "arch", isDirty: true, isClosed: false, fileName: uri.fsPath }); }
  getText() { return this.text; }
  get lineCount() { return this.text.split("\n").length; }
}

class CancellationTokenSource {
  token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() };
  cancel() { this.token.isCancellationRequested = true; }
  dispose() {}
}

/** What a code action is for: names within names, as in `refactor.extract`. */
class Named {
  constructor(value) { this.value = value; }
  append(part) { return new Named(this.value ? `${this.value}.${part}` : part); }
}

class Plain {
  constructor(...values) { this.values = values; }
}

/** A part of the editor: `known`, events by name, and registering, which is remembered. */
function part(known) {
  return new Proxy(known, {
    get(target, key) {
      if (key in target || typeof key === "symbol") return target[key];
      if (key.startsWith("on")) return emitter(key).event;
      if (key.startsWith("register")) {
        return (...values) => {
          providers.set(key, values.find((value) => Object.keys(value).some((name) => name.startsWith("provide"))));
          return new Disposable(() => providers.delete(key));
        };
      }
      if (key.startsWith("create")) return () => new Proxy(new Disposable(), { get: (made, name) => made[name] ?? (String(name).startsWith("on") ? emitter(`${key}.${name}`).event : () => undefined) });
      return undefined;
    },
  });
}

const diagnostics = new Map();
const collection = {
  name: "archdsl",
  set: (uri, found) => diagnostics.set(uri.toString(), found),
  delete: (uri) => diagnostics.delete(uri.toString()),
  clear: () => diagnostics.clear(),
  dispose: () => undefined,
};

class Panel {
  posted = [];
  #gone = new EventEmitter();
  #received = new EventEmitter();
  constructor() {
    const self = this;
    this.onDidDispose = this.#gone.event;
    this.webview = { html: "", onDidReceiveMessage: this.#received.event, postMessage: (message) => self.posted.push(message) };
  }
  reveal() {}
  receive(message) { this.#received.fire(message); }
  dispose() { this.#gone.fire(); }
}

const settings = {};
const api = {
  workspace: part({
    textDocuments: documents,
    notebookDocuments: [],
    workspaceFolders: undefined,
    isTrusted: true,
    getConfiguration: (section) => ({ get: (key, otherwise) => settings[`${section}.${key}`] ?? otherwise, has: () => false, inspect: () => undefined }),
    getWorkspaceFolder: () => undefined,
    openTextDocument: async (uri) => documents.find((each) => each.uri.toString() === uri.toString()) ?? new Document(uri, await providers.get("registerTextDocumentContentProvider").provideTextDocumentContent(uri)),
    applyEdit: async () => true,
  }),
  window: part({
    get activeTextEditor() { return activeTextEditor; },
    get visibleTextEditors() { return activeTextEditor ? [activeTextEditor] : []; },
    activeColorTheme: { kind: 2 },
    visibleNotebookEditors: [],
    createWebviewPanel: () => (panel = new Panel()),
    showErrorMessage: async (...words) => void shown.push({ error: words[0] }),
    showQuickPick: async (choices) => choices[0],
    showTextDocument: async (document, { selection }) => void shown.push({ uri: document.uri.toString(), text: document.getText(), selection }),
    tabGroups: { all: [], onDidChangeTabs: emitter("onDidChangeTabs").event },
  }),
  languages: part({ createDiagnosticCollection: () => collection, match: (selector, document) => ([].concat(selector).some((each) => each.language === document.languageId) ? 10 : 0) }),
  commands: part({
    registerCommand: (name, run) => (commands.set(name, run), new Disposable(() => commands.delete(name))),
    executeCommand: async (name, ...values) => commands.get(name)?.(...values),
  }),
  env: { appName: "test", language: "en", machineId: "test" },
  version: "1.110.0",
  Disposable, EventEmitter, Position, Range, Selection: Range, Uri, CancellationTokenSource,
  CodeActionKind: { Empty: new Named("") },
  ViewColumn: { One: 1, Beside: -2 },
  ColorThemeKind: { Light: 1, Dark: 2, HighContrast: 3 },
};

module.exports = {
  vscode: new Proxy(api, { get: (target, key) => (key in target || typeof key === "symbol" ? target[key] : (target[key] = class extends Plain {})) }),
  Document, emitter, providers, commands, documents, diagnostics, shown, settings, Position, Uri,
  panel: () => panel,
  edit: (editor) => { activeTextEditor = editor; },
};
