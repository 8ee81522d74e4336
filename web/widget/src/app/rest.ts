/** All that is not needed for the first paint, as one file to load. */
export { joinHost } from "./frame";
export { Messenger } from "./messenger";
export { Talk } from "./ui/Talk";
