/** Rows that are kept in memory, and those that wait to be written. Only the store's one thread writes, so that copies stay true. */
export interface TableCopies {
  /** Writes what waits, inside the transaction that is open. */
  flush(): void;
  /** Drops all copies and all that waits: the transaction was rolled back, or some statement changed the tables. */
  forget(): void;
}
