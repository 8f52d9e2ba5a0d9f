/** Export and import. */
export default {
  "transfer.title": "Export and import",
  "transfer.explain":
    "A file with all your lists and tasks: JSON for other programs, Markdown for people. Both can be imported again. What is in the trash stays out.",
  "transfer.explain.list":
    "A file with this list and its tasks: JSON for other programs, Markdown for people. Both can be imported.",
  "transfer.json": "Export as JSON",
  "transfer.markdown": "Export as Markdown",
  "transfer.import": "Import a file",
  "transfer.reading": "Importing…",
  "transfer.done": {
    one: "{count} task is imported into {lists}.",
    other: "{count} tasks are imported into {lists}.",
  },
  "transfer.here": {
    one: "{count} of {all} tasks is here already: with the same text, in a list of the same name.",
    other: "{count} of {all} tasks are here already: with the same text, in a list of the same name.",
  },
  "transfer.here.everything":
    "Everything in this file is here already: the same texts in lists of the same names.",
  "transfer.here.lists": {
    one: "There is a list {names} already.",
    other: "There are lists {names} already.",
  },
  "transfer.quoted": "“{name}”",
  "transfer.here.others": { one: "Add the other one", other: "Add the other {count}" },
  "transfer.here.lists.others": "Add to what is here",
  "transfer.here.all": "Add all as new",
  "transfer.here.none": "Cancel",
  "transfer.lists": { one: "{count} list", other: "{count} lists" },
  "transfer.left": { one: "{count} thing was left out:", other: "{count} things were left out:" },
  "transfer.problem.not-json": "The file is neither JSON nor Markdown.",
  "transfer.problem.not-ours": "The file is JSON, but not an export of todos.",
  "transfer.problem.too-large": "The file is larger than 20 MB.",
  "transfer.problem.too-many": "The file has more than 20,000 tasks. Import it in parts.",
  "transfer.problem.no-text": "{where}: a task without a text",
  "transfer.problem.bad-member": "{where}: {member} is not understood",
  "transfer.problem.nothing": "There is no task in the file.",
};
