/** Export and import. */
export default {
  "transfer.title": "Export and import",
  "transfer.explain":
    "A file with all your lists and tasks: JSON for other programs, Markdown for people. You can import both again. The trash is not exported.",
  "transfer.explain.list":
    "A file with this list and its tasks: JSON for other programs, Markdown for people. You can import both.",
  "transfer.json": "Export as JSON",
  "transfer.markdown": "Export as Markdown",
  "transfer.import": "Import a file",
  "transfer.reading": "Importing…",
  "transfer.done": {
    one: "Imported {count} task into {lists}.",
    other: "Imported {count} tasks into {lists}.",
  },
  "transfer.here": {
    one: "{count} of {all} tasks is already here, with the same text in a list with the same name.",
    other: "{count} of {all} tasks are already here, with the same text in a list with the same name.",
  },
  "transfer.here.everything":
    "Everything in this file is already here: the same texts in lists with the same names.",
  "transfer.here.lists": {
    one: "There is already a list {names}.",
    other: "There are already lists {names}.",
  },
  "transfer.quoted": "“{name}”",
  "transfer.here.others": { one: "Add the other one", other: "Add the other {count}" },
  "transfer.here.lists.others": "Add to the lists that exist",
  "transfer.here.all": "Add all as new",
  "transfer.here.none": "Cancel",
  "transfer.lists": { one: "{count} list", other: "{count} lists" },
  "transfer.left": { one: "{count} item was left out:", other: "{count} items were left out:" },
  "transfer.problem.not-json": "The file is neither JSON nor Markdown.",
  "transfer.problem.not-ours": "The file is JSON, but not an export of todos.",
  "transfer.problem.too-large": "The file is larger than 20 MB.",
  "transfer.problem.too-many": "The file has more than 20,000 tasks. Import it in parts.",
  "transfer.problem.no-text": "{where}: the task has no text",
  "transfer.problem.bad-member": "{where}: can’t read {member}",
  "transfer.problem.nothing": "The file has no tasks.",
};
