export { bearerTokensOf } from "./bearer.ts";
export { Issuer } from "./issuer.ts";
export { signInAt } from "./sign-in.ts";
