/** The two people of the story, as their identity provider knows them. */
export const rene = {
  sub: '00u1rene',
  name: 'Rene Klomp',
  given_name: 'Rene',
  family_name: 'Klomp',
  preferred_username: 'rene@acme.test',
  email: 'rene@acme.test',
  groups: ['Everyone', 'Consultant'],
}
export const john = {
  sub: '00u2john',
  name: 'John Doe',
  given_name: 'John',
  family_name: 'Doe',
  preferred_username: 'john@acme.test',
  email: 'john@acme.test',
  groups: ['Everyone', 'Staff'],
}
