using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory.Experiments;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class NoisyTextTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly SentimentText Text = MadeText.Make(200, 60);

    [Theory]
    [InlineData("It's a FINE film -- isn't it?", "it's a fine film isn't it")]
    [InlineData("rock'n'roll 'quoted' 1990s", "rock'n'roll quoted 1990s")]
    [InlineData("one<br />two<br/>three", "one two three")]
    [InlineData("a < b and <3 hearts", "a b and 3 hearts")]
    [InlineData("can’t; can't", "can't can't")]
    [InlineData("Ünïcode naïve 映画", "ünïcode naïve 映画")]
    [InlineData("e\u0301te\u0301", "e\u0301te\u0301")]
    [InlineData(" ... ' ", "")]
    public void Words_are_runs_of_letters_and_digits(string text, string expected) => Assert.Equal(expected, string.Join(' ', Tokenizer.Words(text)));

    [Fact]
    public void The_vocabulary_is_ordered_by_frequency_and_counts_what_it_knows()
    {
        var words = Vocabulary.Of([["b", "a", "c"], ["a", "b", "a"]]);
        Assert.Equal(["a", "b", "c"], words.Words);
        var (at, counts) = words.Bag(["c", "a", "unknown", "a"]);
        Assert.Equal([0, 2], at);
        Assert.Equal([2.0, 1.0], counts);
        Assert.Equal(["a", "b"], Vocabulary.Of([["b", "a", "c"], ["a", "b", "a"]], minCount: 2).Words);
        Assert.Equal(["a"], Vocabulary.Of([["b", "a", "c"], ["a", "b", "a"]], maxWords: 1).Words);
    }

    [Theory]
    [InlineData(TextNoise.Gaussian)]
    [InlineData(TextNoise.Sentence)]
    public void The_ratio_of_the_norms_is_the_SNR(TextNoise noise) => Gen.Select(Gen.Double[0.1, 5], Gen.Int[5, 60], Gen.Int[1, 30], Gen.ULong).Sample((snr, n, s, seed) =>
    {
        NoisyText made = NoisyText.Draw(Text, new NoisyTextOptions { Snr = snr, TrainingCount = n, NoiseWords = s, Noise = noise }, seed);
        double mean = NoisyImages.MeanGaussianNorm(s);
        foreach (Dataset data in new[] { made.Training, made.Test! })
        {
            for (int i = 0; i < data.Count; i++)
            {
                var (signal, xi) = data.Pair(i);
                // A test sentence may have no word of the training set.
                if (data.Coordinates(signal).Length > 0) Assert.Equal(snr * mean, Math.Sqrt(data.Norm2Squared(signal)), 1e-9);
                else Assert.NotSame(made.Training, data);
                if (noise == TextNoise.Sentence) Assert.Equal(mean, Math.Sqrt(data.Norm2Squared(xi)), 1e-9);
                else Assert.Equal(s, data.Coordinates(xi).Length);
            }
        }
    }, iter: 20);

    [Fact]
    public void A_patch_is_the_sentence_and_words_of_the_test_alone_have_no_coordinate()
    {
        var text = new SentimentText([new("good good film", true), new("bad film", false)], [new("film unseen", true), new("unseen only", false)], "two sentences");
        NoisyText made = NoisyText.Draw(text, new NoisyTextOptions { TrainingCount = 2, NoiseWords = 1, Snr = 1 }, 3);
        Assert.Equal(3, made.Vocabulary.Count);
        Assert.Equal(-1, made.Vocabulary.IndexOf("unseen"));
        int good = Enumerable.Range(0, 2).Single(i => made.Training.Labels[i] > 0), patch = made.Training.Pair(good).Signal;
        Assert.Equal([made.Vocabulary.IndexOf("film"), made.Vocabulary.IndexOf("good")], made.Training.Coordinates(patch).ToArray().OrderBy(c => made.Vocabulary.Words[c]));
        Assert.Equal(2, made.Training.Values(patch).ToArray().Max() / made.Training.Values(patch).ToArray().Min(), 1e-12);
        Assert.Equal([0, 1], Enumerable.Range(0, 2).Select(j => made.Test!.Coordinates(made.Test.Pair(j).Signal).Length).Order());
        Assert.NotNull(made.Training.FamiliesRefused);
    }

    [Fact]
    public void What_is_not_changed_stays()
    {
        var options = new NoisyTextOptions { TrainingCount = 50, LabelNoise = 0.1 };
        NoisyText a = NoisyText.Draw(Text, options, 5), b = NoisyText.Draw(Text, options with { MaxTestCount = 7, LabelNoise = 0.3 }, 5), c = NoisyText.Draw(Text, options with { Snr = 2 }, 5);
        Assert.Equal(a.Training.Value, b.Training.Value);
        Assert.Equal(a.Test!.Value[..b.Test!.Value.Length], b.Test.Value);
        Assert.Equal(a.Training.Index, c.Training.Index);
        Assert.Equal((5, 15), (a.Flipped.Count(f => f), b.Flipped.Count(f => f)));
        Assert.All(Enumerable.Range(0, 50), i => Assert.True(!a.Flipped[i] || b.Flipped[i])); // more noise flips the same labels and others
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(a.Flipped[i] == b.Flipped[i], a.Training.Labels[i] == b.Training.Labels[i]));
        Assert.Equal(a.Test.Labels[..7], b.Test.Labels);
        Assert.NotEqual(a.Training.Index, NoisyText.Draw(Text, options, 6).Training.Index);
        Assert.Contains(0, a.Training.SignalPatch!);
        Assert.Contains(1, a.Training.SignalPatch!);
    }

    [Fact]
    public void Noise_of_sentences_is_of_none_that_is_trained_on()
    {
        var text = new SentimentText([.. Enumerable.Range(0, 40).Select(k => new LabelledText($"the w{k}", k % 2 == 0))], [new("the", true), new("the", false)], "forty");
        // Sentences differ in one word; noise can only have 'the', since the others' words are unknown.
        NoisyText made = NoisyText.Draw(text, new NoisyTextOptions { TrainingCount = 15, NoiseWords = 2, Noise = TextNoise.Sentence }, 1);
        Assert.All(Enumerable.Range(0, 15), i => Assert.Equal([made.Vocabulary.IndexOf("the")], made.Training.Coordinates(made.Training.Pair(i).Noise).ToArray()));
        Complaint.Of(() => NoisyText.Draw(text, new NoisyTextOptions { TrainingCount = 40, Noise = TextNoise.Sentence }, 1), "n is 40; at most 39");
    }

    [Fact]
    public void A_bad_option_is_refused_in_words()
    {
        void Bad(NoisyTextOptions options, string expected) => Complaint.Of(() => NoisyText.Draw(Text, options, 1), expected);
        foreach (double snr in new[] { 0, -1, double.NaN, double.PositiveInfinity }) Bad(new NoisyTextOptions { Snr = snr, TrainingCount = 5 }, "positive and finite");
        Bad(new NoisyTextOptions { TrainingCount = 0 }, "n is 0");
        Bad(new NoisyTextOptions { TrainingCount = 201 }, "at most 200 training sentences");
        Bad(new NoisyTextOptions { TrainingCount = 5, LabelNoise = 1.5 }, "label noise is 1.5; it has to lie in 0 .. 1");
        Bad(new NoisyTextOptions { TrainingCount = 5, LabelNoise = double.NaN }, "0 .. 1");
        Bad(new NoisyTextOptions { TrainingCount = 5, NoiseWords = 5000 }, "the noise has 5000 words; the training set has only");
        Bad(new NoisyTextOptions { TrainingCount = 5, MinCount = 0 }, "the least is 1");
        Bad(new NoisyTextOptions { TrainingCount = 5, MaxTestCount = -1 }, "0 or more");
    }

    [Fact]
    public void Made_text_is_the_same_every_time_and_its_two_lists_tell_the_label()
    {
        Assert.Equal(Text.Training, MadeText.Make(200, 60).Training);
        Assert.NotEqual(Text.Sha256(), MadeText.Make(200, 60, 2).Sha256());
        SentimentText many = MadeText.Make(2000, 1);
        double Share(string word, bool positive) => many.Training.Where(t => t.Positive == positive).Sum(t => Tokenizer.Words(t.Text).Count(w => w == word));
        Assert.InRange(Share("good", true) / Share("good", false), 3, 5.5); // 0.8 / 0.2
        Assert.InRange(Share("bad", false) / Share("bad", true), 3, 5.5);
        Assert.InRange(many.Training.Count(t => t.Positive), 900, 1100);
    }

    [Fact]
    public void Text_trains_on_the_support_engine_which_agrees_with_the_dense_one()
    {
        RunSpec spec = Spec(new SignGd(1e-3));
        var inputs = new RunInputs(Text: Text);
        Run sparse = Training.Run(spec, inputs, cancel: Cancel), dense = Training.Run(spec with { Engine = EngineKind.Dense }, inputs, cancel: Cancel);
        Assert.Equal(("support", "dense"), (sparse.Engine, dense.Engine));
        Assert.All(Enumerable.Range(0, sparse.Trajectory.Rows), row => Assert.Equal(dense.Trajectory.TrainLoss[row], sparse.Trajectory.TrainLoss[row], 1e-9));
        Assert.All(Enumerable.Range(0, sparse.Trajectory.Rows), row => Assert.Equal(dense.Trajectory.TestLoss[row], sparse.Trajectory.TestLoss[row], 1e-9));
        Assert.True(sparse.Trajectory.TrainLoss[^1] < 0.5);
        Assert.Throws<ArgumentException>(() => Training.Run(spec, cancel: Cancel));
    }

    [Fact]
    public void Shares_of_patches_agree_with_the_trajectory()
    {
        Run run = Training.Run(Spec(new Adam(1e-3)), new RunInputs(Text: Text), cancel: Cancel);
        NoisyText drawn = NoisyText.Draw(Text, ((NoisyTextSource)run.Spec.Data).Options, run.Spec.Seed);
        var (train, test) = (PatchShares.Of(run.FinalWeights.Value, drawn.Training), PatchShares.Of(run.FinalWeights.Value, drawn.Test!));
        Assert.Equal(LearningCurve.Of(run.Spec, run.Trajectory).NoiseAttention[^1], train.NoiseAttention, 1e-9);
        Assert.True(train.Signal > 0 && train.Noise > 0 && train.Noise > Math.Abs(test.Noise));
        Assert.InRange(test.EvenError, 0, 1);
    }

    private static RunSpec Spec(Optimizer rule) => new RunSpec
    {
        Data = new NoisyTextSource(new NoisyTextOptions { TrainingCount = 30, NoiseWords = 8, LabelNoise = 0.1 }, Text.Sha256()),
        Model = new ModelSpec(4, 4, 1e-2), Optimizer = rule, Steps = 40, Record = Schedule.Every(10), Test = Schedule.Every(20), TestSize = 60, Seed = 2,
    }.Validate();
}
