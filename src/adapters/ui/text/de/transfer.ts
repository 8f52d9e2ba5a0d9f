/** Exportieren und importieren. */
export default {
  "transfer.title": "Exportieren und importieren",
  "transfer.explain":
    "Eine Datei mit allen Listen und Aufgaben: JSON für andere Programme, Markdown für Menschen. Beides lässt sich wieder importieren. Was im Papierkorb ist, bleibt draußen.",
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
  "transfer.here": {
    one: "{count} von {all} Aufgaben ist schon da: mit demselben Text, in einer Liste mit demselben Namen.",
    other:
      "{count} von {all} Aufgaben sind schon da: mit demselben Text, in einer Liste mit demselben Namen.",
  },
  "transfer.here.everything":
    "Alles aus dieser Datei ist schon da: dieselben Texte in Listen mit denselben Namen.",
  "transfer.here.lists": {
    one: "Es gibt schon eine Liste {names}.",
    other: "Es gibt schon die Listen {names}.",
  },
  "transfer.quoted": "„{name}“",
  "transfer.here.others": { one: "Die andere hinzufügen", other: "Die anderen {count} hinzufügen" },
  "transfer.here.lists.others": "Zu dem hinzufügen, was da ist",
  "transfer.here.all": "Alles neu hinzufügen",
  "transfer.here.none": "Abbrechen",
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
