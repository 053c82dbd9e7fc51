export const addSource = { title: 'Add source' }
