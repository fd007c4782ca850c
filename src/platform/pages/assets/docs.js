// Closed at first: to show all operations at once takes a browser many seconds.
SwaggerUIBundle({
  url: '/docs-json',
  domNode: document.getElementById('docs'),
  deepLinking: true,
  docExpansion: 'none',
  validatorUrl: null,
});
