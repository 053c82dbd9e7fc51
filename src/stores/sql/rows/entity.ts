/** What every entity's row has. */
export interface EntityRow {
  id: string
  version: number
  /** Where it stands in the order of creation; given by the database. */
  seq: number
  created_at: number
  updated_at: number
  /** The names to search in, in lower case, the one that lists are sorted by first. */
  search: string
}
