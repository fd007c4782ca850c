import { type Description, htmlAnswer } from '../../../platform/http/description';

const page = { tags: ['Pages'], answers: { 200: htmlAnswer() }, storeless: true };

export const homeOperation: Description = {
  ...page,
  operationId: 'home',
  summary: 'The page that explains both models, runs them and compares them',
};

export const spaCallbackOperation: Description = {
  ...page,
  operationId: 'spaCallback',
  summary: 'Where a login of demo-spa comes back to',
};

export const webCallbackOperation: Description = {
  ...page,
  operationId: 'webCallback',
  summary: 'Where a login of demo-client comes back to',
};
