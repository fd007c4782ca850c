/** Says what has arrived, and takes it out of the URL, where the history and onlookers would keep it. */
const answer = new URLSearchParams(location.search);
history.replaceState(null, '', location.pathname);

const names = [...answer.keys()].join(', ');
document.querySelector('#arrived').textContent = answer.has('error')
  ? `The server answered ${answer.get('error')}.`
  : names === ''
    ? 'Nothing came with this URL.'
    : `Arrived and put aside: ${names}.`;
