/** The bundler takes styles out of the code; see scripts/build/page.ts. */
declare module "*.css";
