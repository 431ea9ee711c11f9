/**
 * How the server's Node is to work. Bodies lie outside its heap, and die young: with the room that Node gives young
 * objects by itself on a large machine, so many dead ones pile up that the whole heap is searched several times a second.
 */
export const serverFlags = ["--max-semi-space-size=16"];
