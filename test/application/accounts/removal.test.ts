import { removalUnderFaults } from "./removal.ts";

removalUnderFaults("SQLite");
