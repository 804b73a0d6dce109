"""Marram's additive model and logistic regression beside scikit-learn's HistGradientBoostingClassifier. Called by bench/churn.

Who was tuned: Marram's two not at all (the defaults of `marram train`). HistGradientBoosting as it comes, and tuned: in each training part the best of
SETTINGS by 3-fold cross-validation within it (nested, so that the folds judged on are not looked at).
"""
import csv
import glob
import json
import os
import subprocess
import sys
import time

import numpy as np
from scipy.stats import t as student
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score

program, folder, telco, report = sys.argv[1:5]
threads = os.environ["OMP_NUM_THREADS"]
FOLDS = 5
SETTINGS = [
    dict(learning_rate=0.1, max_iter=300, max_leaf_nodes=2),
    dict(learning_rate=0.05, max_iter=300, max_leaf_nodes=3, l2_regularization=5.0),
    dict(learning_rate=0.04, max_iter=250, max_leaf_nodes=4, l2_regularization=5.0),
    dict(learning_rate=0.05, max_iter=1000, max_leaf_nodes=4, early_stopping=True, validation_fraction=0.15, n_iter_no_change=20),
]


def write(path, kinds, columns, outcome, folds=()):
    """As bench_churn reads it."""
    with open(path, "wb") as f:
        np.array([len(outcome), len(kinds)], np.int64).tofile(f)
        np.array(kinds, float).tofile(f)
        for column in columns:
            np.ascontiguousarray(column, float).tofile(f)
        np.asarray(outcome, float).tofile(f)
        for fold in folds:
            np.asarray(fold, np.uint8).tofile(f)


def deal(outcome, seed):
    """Rows into five folds, each outcome for itself."""
    random = np.random.default_rng(seed)
    fold = np.zeros(len(outcome), np.uint8)
    for value in (0, 1):
        rows = np.flatnonzero(outcome == value)
        random.shuffle(rows)
        fold[rows] = np.arange(len(rows)) % FOLDS
    return fold


def read_telco(path):
    rows = list(csv.DictReader(open(path, encoding="utf-8-sig")))
    outcome = np.array([row["Churn"] == "Yes" for row in rows]).astype(int)
    kinds, columns = [], []
    for name in rows[0]:
        if name in ("customerID", "Churn"):
            continue
        cells = [row[name].strip() for row in rows]
        try:
            columns.append(np.array([float(cell) if cell else np.nan for cell in cells]))
            kinds.append(0)
        except ValueError:
            values, codes = np.unique(cells, return_inverse=True)
            columns.append(codes.astype(float))
            kinds.append(len(values))
    return kinds, columns, outcome


def slope(outcome, score):
    """Of the logistic regression of the outcome on the score: 1 is right."""
    return LogisticRegression(C=1e12, tol=1e-8, max_iter=1000).fit(score.reshape(-1, 1), outcome).coef_[0, 0]


def measure(outcome, score):
    chance = 1 / (1 + np.exp(-score))
    return [roc_auc_score(outcome, score), average_precision_score(outcome, chance), brier_score_loss(outcome, chance), slope(outcome, score)]


def boosted(X, outcome, fold, kinds, seed, tuned):
    score = np.zeros(len(outcome))
    mask = np.array(kinds) > 0
    for k in range(FOLDS):
        train = fold != k
        setting = dict(random_state=seed, categorical_features=mask)
        if tuned:
            inner = StratifiedKFold(3, shuffle=True, random_state=seed)
            trials = [
                cross_val_score(HistGradientBoostingClassifier(**setting, **one), X[train], outcome[train], cv=inner, scoring="roc_auc").mean()
                for one in SETTINGS
            ]
            setting.update(SETTINGS[int(np.argmax(trials))])
        model = HistGradientBoostingClassifier(**setting).fit(X[train], outcome[train])
        score[~train] = model.decision_function(X[~train])
    return score


def paired(difference):
    """Mean and 95 % interval of differences over repeated folds: Nadeau and Bengio 2003, whose variance allows for training parts that overlap."""
    n, mean = len(difference), float(np.mean(difference))
    half = student.ppf(0.975, n - 1) * np.sqrt(np.var(difference, ddof=1) * (1 / n + 1 / (FOLDS - 1)))
    return mean, mean - half, mean + half


def quality(seeds):
    files = sorted(glob.glob(os.path.join(telco, "*.csv")))
    if not files:
        print("bench/churn: Telco is not there (../shared/data/telco): not measured")
        return None
    kinds, columns, outcome = read_telco(files[0])
    X, n = np.stack(columns, 1), len(outcome)
    folds = [deal(outcome, seed) for seed in range(1, seeds + 1)]
    data, scored = os.path.join(folder, "telco.bin"), os.path.join(folder, "telco.scores")
    write(data, kinds, columns, outcome, folds)
    subprocess.run([program, "folds", data, str(seeds), threads, scored], check=True)
    ours = np.fromfile(scored).reshape(seeds, 2, n)
    scores = {"additive (Marram)": [], "logistic (Marram)": [], "HistGradientBoosting": [], "  the same, tuned": []}
    for s in range(seeds):
        scores["additive (Marram)"].append(ours[s, 0])
        scores["logistic (Marram)"].append(ours[s, 1])
        scores["HistGradientBoosting"].append(boosted(X, outcome, folds[s], kinds, s + 1, False))
        scores["  the same, tuned"].append(boosted(X, outcome, folds[s], kinds, s + 1, True))
    figures = {
        name: np.array([measure(outcome[folds[s] == k], score[s][folds[s] == k]) for s in range(seeds) for k in range(FOLDS)])
        for name, score in scores.items()
    }
    first = figures["additive (Marram)"]
    print(f"\nTelco, {n} customers, {seeds} x {FOLDS}-fold cross-validation, seeds 1 to {seeds}; means over folds\n")
    print(f"{'':22} {'ROC AUC':>8} {'PR-AUC':>8} {'Brier':>8} {'slope':>6}   additive's AUC less this one's (95 %)")
    out = {}
    for name, f in figures.items():
        mean = f.mean(0)
        low = paired(first[:, 0] - f[:, 0]) if name != "additive (Marram)" else None
        said = f"{low[0]:+.4f} ({low[1]:+.4f} to {low[2]:+.4f})" if low else ""
        print(f"{name:22} {mean[0]:8.4f} {mean[1]:8.4f} {mean[2]:8.4f} {mean[3]:6.3f}   {said}")
        out[name.strip()] = dict(auc=mean[0], pr_auc=mean[1], brier=mean[2], slope=mean[3], difference=low, auc_by_fold=list(f[:, 0]))
    by_seed = first[:, 0].reshape(seeds, FOLDS).mean(1)
    print("\nadditive, AUC by seed: " + ", ".join(f"{a:.4f}" for a in by_seed))
    ok = first[:, 0].mean() >= 0.849 and 0.9 <= first[:, 3].mean() <= 1.1
    print(f"bar: AUC at or above .849 and slope within .9 and 1.1: {'met' if ok else 'MISSED'}")
    print("tuned: Marram's are its defaults; HistGradientBoosting as it comes, and by nested 3-fold choice among four settings")
    return out


def make_up(rows, late):
    """Numbers and categories, a tenth of some columns missing; waves, thresholds, products of two, an interaction of number and category."""
    random = np.random.default_rng(1)
    n = rows + late
    X = random.normal(size=(n, 30))
    X[:, 7] = np.exp(X[:, 7])
    X[:, 8] = random.poisson(2, n)
    X[:, 26:30] = random.integers(0, (4, 12, 12, 60), size=(n, 4))
    f = -1.4 + 0.5 * X[:, 0] + 0.4 * np.sin(2 * X[:, 1]) + 0.3 * X[:, 2] * X[:, 3] + 0.5 * (X[:, 4] > 0) * (X[:, 5] > 0.5) + 0.2 * np.abs(X[:, 6])
    f += 0.15 * np.log1p(X[:, 7]) - 0.1 * X[:, 8] + 0.3 * np.isin(X[:, 27], [1, 4, 7]) + 0.3 * (X[:, 26] == 2) * X[:, 9]
    f += 0.02 * (X[:, 29] % 7) + X[:, 10:20] @ np.linspace(0.02, 0.2, 10)
    outcome = (random.random(n) < 1 / (1 + np.exp(-f))).astype(int)
    for j in range(10, 20):  # hidden after it had its effect
        X[random.random(n) < 0.1, j] = np.nan
    return X, outcome, [0] * 26 + [4, 12, 12, 60]


def speed(rows, repeats):
    late = max(rows // 5, 1000)
    X, outcome, kinds = make_up(rows, late)
    data = os.path.join(folder, "speed.bin")
    write(data, kinds, X.T, outcome)
    sides = {"additive (Marram)": [], "HistGradientBoosting": []}
    for _ in range(repeats):
        said = subprocess.run([program, "speed", data, str(rows), threads], check=True, capture_output=True, text=True).stdout
        sides["additive (Marram)"].append(json.loads(said))
        begun = time.perf_counter()
        model = HistGradientBoostingClassifier(categorical_features=np.array(kinds) > 0, random_state=1).fit(X[:rows], outcome[:rows])
        fitted = time.perf_counter()
        model.predict_proba(X[:rows])
        scored = time.perf_counter()
        auc = roc_auc_score(outcome[rows:], model.decision_function(X[rows:]))
        sides["HistGradientBoosting"].append(dict(fit=fitted - begun, predict=scored - fitted, auc=auc))
    os.unlink(data)
    print(f"\nSpeed: {rows} rows of 30 features, {threads} threads, median of {repeats} runs in turn; AUC on {late} other rows\n")
    print(f"{'':22} {'train s':>8} {'predict s':>10} {'ROC AUC':>8}")
    middle = {name: {key: float(np.median([run[key] for run in runs])) for key in ("fit", "predict", "auc")} for name, runs in sides.items()}
    for name, m in middle.items():
        print(f"{name:22} {m['fit']:8.2f} {m['predict']:10.3f} {m['auc']:8.4f}")
    ours, theirs = middle["additive (Marram)"], middle["HistGradientBoosting"]
    faster, sooner = theirs["fit"] / ours["fit"], theirs["predict"] / ours["predict"]
    ok = faster >= 1 and sooner >= 5 and ours["auc"] >= theirs["auc"] - 0.002
    print(f"\ntraining {faster:.1f} times as fast, predicting {sooner:.1f} times as fast, AUC {ours['auc'] - theirs['auc']:+.4f}")
    print(f"bar: training no slower, predicting 5 times as fast, AUC no lower than .002 under: {'met' if ok else 'MISSED'}")
    return dict(middle=middle, runs=sides)


result = dict(telco=quality(int(os.environ.get("SEEDS") or 5)))
rows = int((os.environ.get("ROWS") or "1000000").split()[0])
if rows:
    result["speed"] = speed(rows, int(os.environ.get("REPEATS") or 3))
with open(report, "w") as f:
    json.dump(result, f, indent=1)
