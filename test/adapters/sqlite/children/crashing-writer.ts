/** A writer's thread that can do nothing. */
throw new Error("the disk has left the building");
