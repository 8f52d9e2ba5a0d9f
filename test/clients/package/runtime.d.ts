// The one thing of the runtime that the programs use.
declare const process: { readonly argv: readonly string[] };
