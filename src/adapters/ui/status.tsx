import { render } from "preact";
import { Status } from "./status/status.tsx";

const place = document.getElementById("app");
if (place) render(<Status />, place);
