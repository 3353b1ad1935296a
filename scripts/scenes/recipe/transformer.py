"""
Stage 2 of the scenes in PyTorch: a transformer over a caption's words and the tokens of a picture by stage 1's dVAE.

A token a word, a pad of its own for every position, 1/8 text + 7/8 image, captions dropped now and then for guidance.
Scored without a net, at temperature 1, on scenes of what it saw and of what it never saw.

Usage: python3 transformer.py --dvae FILE.pt --data DIR --seen DIR --pairs DIR --company DIR --out FILE.pt [--steps N ...]
"""
import argparse, json, math, time
import torch, torch.nn as nn, torch.nn.functional as F
import dvae as stage1

TEXT, IMAGE = 24, 64


def options():
    p = argparse.ArgumentParser()
    add = p.add_argument
    for name in ('dvae', 'data', 'seen', 'pairs', 'company', 'out'): add('--' + name, required=True)
    add('--steps', type=int, default=2200); add('--batch', type=int, default=16)
    add('--width', type=int, default=192); add('--layers', type=int, default=6); add('--heads', type=int, default=3)
    add('--lr', type=float, default=1e-3); add('--lr-end', type=float, default=0.02); add('--warmup', type=int, default=100)
    add('--clip', type=float, default=4.0); add('--decay', type=float, default=0.045); add('--caption-dropout', type=float, default=0.1)
    add('--seed', type=int, default=0); add('--threads', type=int, default=1)
    add('--reports', type=int, default=4); add('--samples', type=int, default=60); add('--guidance', type=float, default=0.0)
    add('--from', dest='start', help='weights to begin with'); add('--first', type=int, default=0, help='the step to begin at')
    return p.parse_args()


def captions(folder):
    return [c.get('captions') or [c['caption']] for c in map(json.loads, open(folder + '/captions.jsonl'))]


class Words:
    """Pads first, one a position, then the words that the captions have."""
    def __init__(s, texts):
        s.words = sorted({w for every in texts for t in every for w in t.split()})
        s.ids = {w: TEXT + k for k, w in enumerate(s.words)}; s.size = TEXT + len(s.words)

    def encode(s, text):
        ids = [s.ids[w] for w in text.split()][:TEXT]
        return ids + list(range(len(ids), TEXT))


class Net(nn.Module):
    def __init__(s, words, codes, o):
        super().__init__(); d = o.width; s.heads = o.heads
        s.text, s.image, s.place = nn.Embedding(words, d), nn.Embedding(codes, d), nn.Parameter(torch.randn(TEXT + IMAGE, d) * 0.02)
        s.layers = nn.ModuleList([nn.ModuleDict(dict(n1=nn.LayerNorm(d), qkv=nn.Linear(d, 3 * d, bias=False), out=nn.Linear(d, d),
                                                     n2=nn.LayerNorm(d), up=nn.Linear(d, 4 * d), down=nn.Linear(4 * d, d))) for _ in range(o.layers)])
        s.norm, s.to_text, s.to_image = nn.LayerNorm(d), nn.Linear(d, words), nn.Linear(d, codes)
        for m in s.modules():
            if isinstance(m, (nn.Linear, nn.Embedding)): nn.init.normal_(m.weight, std=0.02)
            if isinstance(m, nn.Linear) and m.bias is not None: nn.init.zeros_(m.bias)
        for l in s.layers:
            for m in (l['out'], l['down']): m.weight.data.mul_(1 / math.sqrt(2 * o.layers))
        s.register_buffer('mask', torch.full((TEXT + IMAGE, TEXT + IMAGE), float('-inf')).triu(1))

    def hidden(s, x, cache=None):
        """Of embeddings [B, n, D]; with a cache (a list, one pair a layer), of those that follow what it holds."""
        b, n, d = x.shape; at = cache[0][0].shape[2] if cache else 0; x = x + s.place[at:at + n]; kept = []
        for i, l in enumerate(s.layers):
            q, k, v = l['qkv'](l['n1'](x)).view(b, n, 3, s.heads, d // s.heads).permute(2, 0, 3, 1, 4)
            if cache: k, v = torch.cat([cache[i][0], k], 2), torch.cat([cache[i][1], v], 2)
            kept.append((k, v))
            a = (q @ k.transpose(-1, -2) / math.sqrt(d // s.heads) + s.mask[at:at + n, :at + n]).softmax(-1) @ v
            x = x + l['out'](a.transpose(1, 2).reshape(b, n, d)); x = x + l['down'](F.gelu(l['up'](l['n2'](x))))
        return s.norm(x), kept

    def losses(s, text, image):
        x, _ = s.hidden(torch.cat([s.text(text), s.image(image[:, :-1])], 1))
        return (F.cross_entropy(s.to_text(x[:, :TEXT - 1]).flatten(0, 1), text[:, 1:].flatten()),
                F.cross_entropy(s.to_image(x[:, TEXT - 1:]).flatten(0, 1), image.flatten()))


@torch.no_grad()
def sample(net, text, temperature=1.0, guidance=0.0):
    n = len(text); tokens = []
    if guidance: text = torch.cat([text, torch.arange(TEXT).expand(n, TEXT)])
    x, cache = net.hidden(net.text(text))
    for _ in range(IMAGE):
        logits = net.to_image(x[:, -1])
        if guidance: logits = logits[n:] + guidance * (logits[:n] - logits[n:])
        tokens.append(torch.multinomial((logits / temperature).softmax(-1), 1))
        x, cache = net.hidden(net.image(tokens[-1].repeat(2, 1) if guidance else tokens[-1]), cache)
    return torch.cat(tokens, 1)


def main():
    o = options(); torch.manual_seed(o.seed); torch.set_num_threads(o.threads)
    kept = torch.load(o.dvae); v = kept['options']; vocab = v['vocab']
    enc, dec = stage1.nets(v['n_hid'], v['blocks'], vocab, v['n_init']); enc.load_state_dict(kept['encoder']); dec.load_state_dict(kept['decoder'])
    pictures = stage1.load(o.data)
    with torch.no_grad(): tokens = torch.cat([stage1.encode(enc, part.float() / 255).flatten(1) for part in pictures.split(32)])
    texts = captions(o.data); words = Words(texts); texts = torch.tensor([[words.encode(t) for t in every] for every in texts])
    net = Net(words.size, vocab, o); decay = [p for p in net.parameters() if p.dim() > 1]; plain = [p for p in net.parameters() if p.dim() < 2]
    if o.start: net.load_state_dict(torch.load(o.start)['net'])
    opt = torch.optim.AdamW([dict(params=decay, weight_decay=o.decay), dict(params=plain, weight_decay=0)], o.lr, betas=(0.9, 0.96))
    print(vars(o)); print(sum(p.numel() for p in net.parameters()), 'parameters,', len(words.words), 'words,', len(tokens), 'pictures', flush=True)

    def report(final):
        net.eval()
        for split in ('seen', 'pairs', 'company'):
            folder = getattr(o, split); n = None if final else o.samples
            text = torch.tensor([words.encode(every[0]) for every in captions(folder)[:n]])
            image = torch.cat([sample(net, part, 1.0, o.guidance) for part in text.split(60)]).view(-1, 8, 8)
            with torch.no_grad(): r = stage1.decode(dec, image, vocab)
            print(f'  {split}: {stage1.show(stage1.score(r, folder))}', flush=True)
            if final: stage1.sheet([(p,) for p in r[:48]], o.out.replace('.pt', f'-{split}.png'), 12)
        net.train()

    t0, c0, mean, none = time.time(), time.process_time(), None, torch.arange(TEXT)
    for step in range(o.first, o.steps):
        for g in opt.param_groups:
            g['lr'] = o.lr * min(1, (step + 1) / o.warmup) * (o.lr_end + (1 - o.lr_end) * 0.5 * (1 + math.cos(math.pi * step / o.steps)))
        at = torch.randint(len(tokens), (o.batch,)); text = texts[at, torch.randint(texts.shape[1], (o.batch,))]
        text = torch.where(torch.rand(o.batch, 1) < o.caption_dropout, none, text)
        of_text, of_image = net.losses(text, tokens[at]); loss = of_text / 8 + of_image * 7 / 8
        opt.zero_grad(set_to_none=True); loss.backward(); nn.utils.clip_grad_norm_(net.parameters(), o.clip); opt.step()
        now = torch.tensor([float(of_text), float(of_image)]); mean = now if mean is None else 0.98 * mean + 0.02 * now
        if (step + 1) % (o.steps // o.reports) == 0 or step + 1 == o.steps:
            print(f'{step + 1}/{o.steps} {time.time() - t0:.0f} s, CPU {time.process_time() - c0:.0f} s, text {mean[0]:.3f}, image {mean[1]:.3f}', flush=True)
            torch.save(dict(net=net.state_dict(), options=vars(o), words=words.words), o.out)
            report(step + 1 == o.steps)


if __name__ == '__main__': main()
