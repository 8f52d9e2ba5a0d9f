import { casual, GB } from "chrono-node/en";
import { readerOf } from "./day-reader.ts";

/** All day, every day, and not the 24th of July. */
const ALWAYS = "24/7";

export const readAmerican = readerOf((...asked) => casual.parse(...asked));
/** 5/12 is in December. */
export const readBritish = readerOf((...asked) => GB.parse(...asked).filter(({ text }) => text !== ALWAYS));
