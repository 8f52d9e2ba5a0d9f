/** Exportieren und importieren. */
export default {
  "transfer.title": "Exportieren und importieren",
  "transfer.explain":
    "Eine Datei mit allen Listen und Aufgaben: JSON für andere Programme, Markdown für Menschen. Beides lässt sich wieder importieren.",
  "transfer.explain.list":
    "Eine Datei mit dieser Liste und ihren Aufgaben: JSON für andere Programme, Markdown für Menschen. Beides lässt sich importieren.",
  "transfer.json": "Als JSON exportieren",
  "transfer.markdown": "Als Markdown exportieren",
  "transfer.import": "Datei importieren",
  "transfer.reading": "Wird importiert …",
  "transfer.done": {
    one: "{count} Aufgabe ist in {lists} importiert.",
    other: "{count} Aufgaben sind in {lists} importiert.",
  },
  "transfer.lists": { one: "{count} Liste", other: "{count} Listen" },
  "transfer.left": { one: "{count} Angabe fehlt:", other: "{count} Angaben fehlen:" },
  "transfer.problem.not-json": "Die Datei ist weder JSON noch Markdown.",
  "transfer.problem.not-ours": "Die Datei ist JSON, aber kein Export von todos.",
  "transfer.problem.too-large": "Die Datei ist größer als 20 MB.",
  "transfer.problem.too-many": "Die Datei hat mehr als 20.000 Aufgaben. Bitte in Teilen importieren.",
  "transfer.problem.no-text": "{where}: eine Aufgabe ohne Text",
  "transfer.problem.bad-member": "{where}: {member} ist unverständlich",
  "transfer.problem.nothing": "In der Datei ist keine Aufgabe.",
};
