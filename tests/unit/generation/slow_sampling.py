"""Sampling as Hugging Face transformers defines it, step by step over whole lists: slow and obvious.

Each function is one processor of its src/transformers/generation/logits_process.py; `probabilities` applies them in the
order of `_get_logits_processor`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tabagent.parameters import GenerationSettings

LARGEST = 3.4028234663852886e38
Scores = list[float]


def probabilities(
    settings: GenerationSettings, prompt: Sequence[int], answer: Sequence[int], ends: frozenset[int], scores: Scores
) -> Scores:
    scores = processed(settings, prompt, answer, ends, scores)
    if settings.do_sample:
        scores = warped(settings, scores)
        return softmax(scores)
    best = max(scores)
    first = scores.index(best)
    return [1.0 if token == first else 0.0 for token in range(len(scores))]


def processed(
    settings: GenerationSettings, prompt: Sequence[int], answer: Sequence[int], ends: frozenset[int], scores: Scores
) -> Scores:
    history = [*prompt, *answer]
    penalty = settings.repetition_penalty
    scores = [
        (score * penalty if score < 0 else score / penalty) if token in history else score
        for token, score in enumerate(scores)
    ]
    scores = banned(scores, repeated_ngrams(history, settings.no_repeat_ngram_size))
    words = [word for word in settings.bad_words_ids or () if not (len(word) == 1 and word[0] in ends)]
    scores = banned(scores, [word[-1] for word in words if len(word) == 1])
    fitting = [word for word in words if 1 < len(word) <= len(history)]
    scores = banned(scores, [word[-1] for word in fitting if tuple(history[-len(word) + 1 :]) == tuple(word[:-1])])
    if len(history) < settings.min_length or len(answer) < settings.min_new_tokens:
        scores = banned(scores, ends)
    if settings.remove_invalid_values:
        scores = [cleaned(score) for score in scores]
    if settings.exponential_decay_length_penalty:
        start, factor = settings.exponential_decay_length_penalty
        over = len(answer) - start
        if over > 0:
            scores = [
                score + abs(score) * (factor**over - 1) if token in ends and score != -math.inf else score
                for token, score in enumerate(scores)
            ]
    scores = banned(scores, settings.suppress_tokens or ())
    if len(answer) == (settings.forced_bos_token_id is not None):
        scores = banned(scores, settings.begin_suppress_tokens or ())
    return scores


def warped(settings: GenerationSettings, scores: Scores) -> Scores:
    scores = [score / settings.temperature for score in scores]
    if settings.top_k:
        scores = top_k(scores, settings.top_k)
    if settings.top_p < 1:
        scores = top_p(scores, settings.top_p)
    if settings.min_p:
        scores = min_p(scores, settings.min_p)
    if settings.typical_p < 1:
        scores = typical(scores, settings.typical_p)
    if settings.epsilon_cutoff:
        scores = above(scores, settings.epsilon_cutoff)
    if settings.eta_cutoff:
        epsilon = settings.eta_cutoff
        scores = above(scores, min(epsilon, math.sqrt(epsilon) * math.exp(-entropy(scores))))
    return scores


def softmax(scores: Scores) -> Scores:
    best = max(scores)
    powers = [math.exp(score - best) for score in scores]
    total = math.fsum(powers)
    return [power / total for power in powers]


def entropy(scores: Scores) -> float:
    return -math.fsum(mass * math.log(mass) for mass in softmax(scores) if mass > 0)


def banned(scores: Scores, tokens: Sequence[int] | frozenset[int]) -> Scores:
    return [-math.inf if token in tokens else score for token, score in enumerate(scores)]


def repeated_ngrams(history: list[int], size: int) -> list[int]:
    if size == 0 or len(history) < size:
        return []
    windows = [history[start : start + size] for start in range(len(history) - size + 1)]
    return [window[-1] for window in windows if window[:-1] == history[len(history) - size + 1 :]]


def cleaned(score: float) -> float:
    if math.isnan(score):
        return 0.0
    return min(max(score, -LARGEST), LARGEST)


def top_k(scores: Scores, count: int) -> Scores:
    least = sorted(scores, reverse=True)[min(count, len(scores)) - 1]
    return [score if score >= least else -math.inf for score in scores]


def top_p(scores: Scores, mass: float) -> Scores:
    masses = softmax(scores)
    kept, total = set[int](), 0.0
    for token in sorted(range(len(scores)), key=lambda token: (-scores[token], token)):
        if not kept or total < mass:
            kept.add(token)
        total += masses[token]
    return [score if token in kept else -math.inf for token, score in enumerate(scores)]


def min_p(scores: Scores, part: float) -> Scores:
    masses, best = softmax(scores), max(scores)
    least = part * max(masses)
    return [score if mass >= least or score == best else -math.inf for mass, score in zip(masses, scores, strict=True)]


def typical(scores: Scores, mass: float) -> Scores:
    masses, level = softmax(scores), entropy(scores)
    distances = [abs(-math.log(mass) - level) if mass > 0 else math.inf for mass in masses]
    total, reach = 0.0, 0.0
    for distance, token in sorted((distance, token) for token, distance in enumerate(distances)):
        if total >= mass:
            break
        total, reach = total + masses[token], distance
    return [score if distance <= reach else -math.inf for score, distance in zip(scores, distances, strict=True)]


def above(scores: Scores, least: float) -> Scores:
    masses, best = softmax(scores), max(scores)
    return [score if mass >= least or score == best else -math.inf for mass, score in zip(masses, scores, strict=True)]
