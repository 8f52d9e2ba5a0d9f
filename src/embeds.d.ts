/** Text embedded into the binary: `import css from "./a.css" with { type: "text" }`. */
declare module "*.css" {
  const text: string;
  export default text;
}

declare module "*.yaml" {
  const text: string;
  export default text;
}
