// What a script with viem does: unmodified, on the node whose URL it is given.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(`${process.argv[2]}/`);
const { createPublicClient, createTestClient, createWalletClient, http, parseEther, publicActions, walletActions, webSocket } =
  require('viem');
const { generatePrivateKey, privateKeyToAccount } = require('viem/accounts');
const { arbitrum } = require('viem/chains');

const url = process.argv[3];
const chain = { ...arbitrum, id: 412346 };
const account = privateKeyToAccount(generatePrivateKey());
const sockets = createPublicClient({ chain, transport: webSocket(url.replace('http', 'ws')) });
const wallet = createWalletClient({ account, chain, transport: http(url) });

for (const mode of ['anvil', 'hardhat']) {
  const test = createTestClient({ mode, chain, transport: http(url) }).extend(publicActions).extend(walletActions);
  assert.equal(await test.getChainId(), 412346);
  const snapshot = await test.snapshot();
  await test.setBalance({ address: account.address, value: parseEther('1') });
  assert.equal(await test.getBalance({ address: account.address }), parseEther('1'));

  let unwatch;
  const heard = new Promise((resolve) => { unwatch = sockets.watchBlocks({ onBlock: resolve }); });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const hash = await wallet.sendTransaction({ to: '0x00000000000000000000000000000000005742a6', value: 1n });
  const receipt = await test.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success');
  assert.equal((await heard).number, receipt.blockNumber);
  unwatch();

  // Answers block.timestamp.
  const clock = '0x00000000000000000000000000000000000c0de1';
  await test.setCode({ address: clock, bytecode: '0x4260005260206000f3' });
  const { timestamp } = await test.getBlock();
  await test.setNextBlockTimestamp({ timestamp: timestamp + 1000n });
  await test.mine({ blocks: 1 });
  assert.equal((await test.getBlock()).timestamp, timestamp + 1000n);
  assert.ok(BigInt((await test.call({ to: clock })).data) >= timestamp + 1000n);
  await test.setStorageAt({ address: clock, index: 1, value: `0x${'00'.repeat(31)}05` });
  assert.equal(BigInt(await test.getStorageAt({ address: clock, slot: '0x1' })), 5n);
  await test.setNonce({ address: clock, nonce: 9 });
  assert.equal(await test.getTransactionCount({ address: clock }), 9);

  await test.impersonateAccount({ address: clock });
  await test.setBalance({ address: clock, value: parseEther('1') });
  const sent = await test.sendTransaction({ account: clock, to: account.address, value: 3n });
  assert.equal((await test.waitForTransactionReceipt({ hash: sent })).from, clock);
  await test.stopImpersonatingAccount({ address: clock });

  await test.revert({ id: snapshot });
  assert.equal(await test.getBalance({ address: account.address }), 0n);
}
(await sockets.transport.getRpcClient()).close();
