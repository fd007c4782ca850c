SwaggerUIBundle({ url: '/docs-json', domNode: document.getElementById('docs'), deepLinking: true, validatorUrl: null });
