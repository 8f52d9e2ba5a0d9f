// Loaded before the program: tells its parent, when asked, which modules the process has loaded by then.
process.on("message", () => process.send?.(Object.keys(require.cache)));
