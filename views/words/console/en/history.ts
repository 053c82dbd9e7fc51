export const history = {
  title: 'History',
  nothing: 'Nothing has been changed here.',
  when: 'When',
  did: 'What',
  who: 'Who',
  members: 'Changed',
  actions: { created: 'added', changed: 'changed', removed: 'removed', started: 'begun' },
  subjects: { application: 'Application', client: 'OpenID client', api: 'API', api_key: 'API key' },
  actors: { account: 'Administrator', client: 'Client', cli: 'Command line', system: 'Gatehouse itself' },
}
