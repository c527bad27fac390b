// What a script with ethers does: unmodified, on the node whose URL it is given.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { ethers } = createRequire(`${process.argv[2]}/`)('ethers');
const url = process.argv[3];
// A chain that mines at once is faster than the quarter of a second for which ethers remembers answers.
const provider = new ethers.JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
const sockets = new ethers.WebSocketProvider(url.replace('http', 'ws'));

assert.equal((await provider.getNetwork()).chainId, 412346n);
const signer = await provider.getSigner(0);
const wallet = ethers.Wallet.createRandom(provider);

const paid = await (await signer.sendTransaction({ to: wallet.address, value: ethers.parseEther('2') })).wait();
assert.equal(paid.status, 1);
assert.equal(await provider.getBalance(wallet.address), ethers.parseEther('2'));

// Signed by itself, with fees and nonce that it asks the node for.
const heard = new Promise((resolve) => sockets.once('block', resolve));
const sent = await wallet.sendTransaction({ to: ethers.ZeroAddress, value: 1n });
const receipt = await sent.wait();
assert.equal(receipt.fee, receipt.gasUsed * 100000000n);
assert.ok((await heard) >= paid.blockNumber);

// Emits topic 7 with the data 42, for whatever it is called with.
const emitter = '0x00000000000000000000000000000000000c0de1';
await provider.send('anvil_setCode', [emitter, '0x602a600052600760206000a100']);
const logged = await (await wallet.sendTransaction({ to: emitter })).wait();
assert.equal(logged.logs.length, 1);
const topics = [ethers.zeroPadValue('0x07', 32)];
const logs = await provider.getLogs({ address: emitter, topics, fromBlock: 0 });
assert.deepEqual([logs[0].transactionHash, BigInt(logs[0].data)], [logged.hash, 42n]);

// Reverts with Error("no").
const data = new ethers.Interface(['error Error(string)']).encodeErrorResult('Error', ['no']);
await provider.send('hardhat_setCode', [emitter, '0x36600060003736' + '6000fd']);
await assert.rejects(provider.call({ to: emitter, data }), (error) => error.code === 'CALL_EXCEPTION' && error.reason === 'no');
await assert.rejects(wallet.sendTransaction({ to: emitter, data }), /no/);

const trace = await provider.send('debug_traceTransaction', [logged.hash, { tracer: 'callTracer' }]);
assert.equal(BigInt(trace.gasUsed), logged.gasUsed);
const block = await provider.getBlock('latest', true);
assert.equal(block.prefetchedTransactions[0].hash, logged.hash);
await sockets.destroy();
provider.destroy();
